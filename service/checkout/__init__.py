"""Checkout: several views of one product, one answer. And from which sides each product is known."""
