"""How many labels each way of picking would have saved. `make bench-labels`"""
