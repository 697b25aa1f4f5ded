"""How well shoal's defaults generalise on real tables, beside other learners with theirs."""
