"""A thousand live streams, some of them stalled: are the others served as quickly as a hundred?"""
