"""Do others order as fast while five hundred browsers open pages, and keep them open?"""
