"""The panel of properties: a row for every parameter, made from its declaration alone."""
