"""The model's own signature: what its files say that it takes and gives, held to the contract."""
