//! The gRPC types, their conversions from and to the model, and the one map from errors to gRPC status.
