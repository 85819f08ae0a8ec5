internal import ArgumentParser

/// Refuses a number below one.
package func atLeastOne(_ value: Int, _ name: String) throws {
  if value < 1 { throw ValidationError("--\(name) must be at least 1") }
}
