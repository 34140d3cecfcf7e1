"""The cashier: takes orders over HTTP, stores them, and puts their tickets on the queue."""
