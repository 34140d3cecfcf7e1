"""Does a real shop scale as the autoscaler does in a simulation?"""
