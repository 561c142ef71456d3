"""How fast tasks are leased and labelled, and whether any is handed out twice or lost."""
