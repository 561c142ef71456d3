"""`shelfloop demo`: one full loop on generated stores, through the same doors that everybody uses."""
