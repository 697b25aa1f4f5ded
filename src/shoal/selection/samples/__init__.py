"""What is learnt from: the samples of a study, what they count for, and which of them train and judge."""
