"""A stand-in world for the demo and the tests: invented people, and providers on loopback that serve them."""
