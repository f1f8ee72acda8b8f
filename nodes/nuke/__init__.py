"""How nodes of Nuke become ours where names of knobs do not say it all. The rest stands at the nodes themselves."""
