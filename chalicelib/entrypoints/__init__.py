"""Where the outside comes in: each entry decodes, calls one workflow and encodes the answer."""
