"""The timeline: frames, playback, what is cached."""
