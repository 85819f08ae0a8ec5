/// What one class of a family puts before the names of tensors, and another does not.
public enum TensorPrefix: Sendable {
  /// Nothing.
  case none
  /// A prefix that is taken off where it stands: encoders have it when a head is saved along.
  case takenOff(String)
  /// A prefix that is put before names that lack it, which those of bare decoders do; some names never have it.
  case putBefore(String, except: Set<String>)

  /// A name as callers see it.
  func visible(_ stored: String) -> String {
    switch self {
    case .none: stored
    case .takenOff(let prefix):
      stored.hasPrefix(prefix) ? String(stored.dropFirst(prefix.count)) : stored
    case .putBefore(let prefix, let except):
      stored.hasPrefix(prefix) || except.contains(stored) ? stored : prefix + stored
    }
  }
}
