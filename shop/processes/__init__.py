"""The processes of one shop: what each runs, how it is supervised, what they share."""
