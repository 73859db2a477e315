"""One result as a folder that stands on its own: to hand on, to keep, or to leave behind in a container."""
