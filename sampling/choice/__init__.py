"""How a budget is spent: shortlists, recipes, quotas, the greedy choice."""
