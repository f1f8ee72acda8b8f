"""Scripts of Nuke, and what it puts on the clipboard, as graphs of ours. Reads text only: nothing in it is ever run."""
