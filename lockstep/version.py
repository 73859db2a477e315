"""The version of Lockstep."""

VERSION = "0.1.0"
