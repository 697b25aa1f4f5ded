"""How large a study is: rungs of sizes, how long each takes by counted operations, and what a probe says."""
