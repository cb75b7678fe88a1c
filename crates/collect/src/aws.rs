//! Reads an AWS account.
