"""The light rig: a dome with the lights as handles, their list, meters, and placing lights on the picture."""
