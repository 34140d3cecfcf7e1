"""SQS, SNS and their provisioning, over aiobotocore."""
