"""Stores, their cameras and their bays."""
