# Trains networks of one hidden layer by R's nnet: BFGS in C, with the whole inverse Hessian.
#
# Rscript nnet.R FOLDER reads data.bin (N, n, then X by columns, then y) and starts.bin (of every network its units and its
# weights as nnet has them). For each line of stdin, the most iterations, it trains all of them, writes trained.bin and a line.
library(nnet)
setwd(commandArgs(trailingOnly = TRUE)[1])
data <- readBin("data.bin", "double", file.size("data.bin") / 8)
N <- data[1]
n <- data[2]
X <- matrix(data[2 + seq_len(N * n)], N, n)
y <- data[2 + N * n + seq_len(N)]
numbers <- readBin("starts.bin", "double", file.size("starts.bin") / 8)
starts <- list()
at <- 1
while (at <= length(numbers)) {
  units <- numbers[at]
  weights <- (n + 2) * units + 1
  starts[[length(starts) + 1]] <- list(units = units, weights = numbers[at + seq_len(weights)])
  at <- at + 1 + weights
}
requests <- file("stdin", "r")
while (length(line <- readLines(requests, 1)) > 0) {
  trained <- lapply(starts, function(start) {
    nnet(X, y, size = start$units, Wts = start$weights, linout = TRUE, maxit = as.integer(line), abstol = 0, trace = FALSE)$wts
  })
  writeBin(unlist(trained), "trained.bin")
  cat("done\n")
}
