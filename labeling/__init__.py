"""How people label: task rules, the cost of annotator time, annotation formats."""
