//! The model of Kafka, as processes on the engine.
