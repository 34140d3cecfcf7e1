"""Do as many baristas come and go as the autoscaler decides, simulated and for real?"""
