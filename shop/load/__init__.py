"""A load generator that places orders at fixed times, whether or not the shop keeps up."""
