"""A thousand live streams, some of them stalled: are the others as fast as a hundred?"""
