"""Operations as generators without I/O, and what runs them."""
