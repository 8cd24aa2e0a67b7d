//! The thread that owns the models of one device. (To come.)

/// A handle to the engine thread.
#[derive(Debug, Clone)]
pub struct Engine;
/// Joins the engine thread.
#[derive(Debug)]
pub struct EngineThread;
