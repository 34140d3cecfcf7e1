"""The embedded SQS, SNS and DynamoDB: ministack's services behind a guard and HTTP of our own."""
