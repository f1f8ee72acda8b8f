"""The manual: pages of the nodes from their declarations, all of it as one page, the gallery of pictures."""
