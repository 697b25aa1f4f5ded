"""Tables of which one column of texts is read, and predicted from: what is special to them."""
