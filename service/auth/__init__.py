"""Who may do what, where: API keys, roles and their permissions."""
