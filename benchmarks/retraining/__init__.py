"""One retraining on real photos, before and after, as MLflow tells it."""
