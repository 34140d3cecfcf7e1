"""What an order costs on AWS, by the requests of real services."""
