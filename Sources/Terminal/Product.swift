/// What this program calls itself.
package enum Product {
  /// The version that lock files and measurements carry.
  package static let version = "0.1.0"
}
