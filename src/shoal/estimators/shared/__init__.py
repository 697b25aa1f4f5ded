"""What several estimators share: parameters, callbacks, columns, targets and costs."""
