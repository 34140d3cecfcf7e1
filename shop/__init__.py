"""The whole shop on one machine: emulator, services, supervisor, command line."""
