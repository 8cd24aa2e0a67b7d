//! Both languages, whole segments.
