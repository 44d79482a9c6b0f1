//! Collector, aggregation and auditor behind gRPC.
