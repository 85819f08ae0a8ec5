internal import COpenSSL
public import Foundation

/// SHA-256 (FIPS 180-4) by OpenSSL's libcrypto, over bytes that come in pieces.
///
/// Beside LinearAlgebra the one place with code that the compiler cannot check: the system's library uses the processor's SHA instructions, and
/// nothing has to be compiled for it.
@safe
public final class SHA256 {
  // SAFETY: the context lives from init to deinit and never leaves this object, which is not Sendable.
  private let context: OpaquePointer

  // SAFETY: fetched once, never changed and never freed; OpenSSL lets all threads share it.
  nonisolated(unsafe) private static let algorithm = unsafe EVP_MD_fetch(nil, "SHA256", nil)

  /// Begins a hash.
  public init() {
    guard let context = unsafe EVP_MD_CTX_new(),
      unsafe EVP_DigestInit_ex2(context, SHA256.algorithm, nil) == 1
    else { preconditionFailure("libcrypto has no SHA-256") }
    unsafe self.context = context
  }

  deinit {
    unsafe EVP_MD_CTX_free(context)
  }

  /// Adds bytes.
  public func update(_ bytes: Data) {
    // SAFETY: libcrypto reads the bytes during the call and keeps no pointer to them.
    let isTaken = unsafe bytes.withUnsafeBytes { unsafe EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
    precondition(isTaken == 1, "libcrypto refused bytes")
  }

  /// Adds bytes.
  public func update(_ bytes: [UInt8]) {
    // SAFETY: libcrypto reads the bytes during the call and keeps no pointer to them.
    let isTaken = unsafe bytes.withUnsafeBytes { unsafe EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
    precondition(isTaken == 1, "libcrypto refused bytes")
  }

  /// The 32 bytes of the hash; nothing can be added afterwards.
  public func finalize() -> [UInt8] {
    // SAFETY: a SHA-256 has 32 bytes, and that many are there.
    let digest = unsafe [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
      let isDone = unsafe EVP_DigestFinal_ex(context, buffer.baseAddress, nil)
      precondition(isDone == 1, "libcrypto did not end the hash")
      count = 32
    }
    return digest
  }

  /// The 32 bytes of some bytes' hash.
  public static func hash(_ bytes: [UInt8]) -> [UInt8] {
    let hash = SHA256()
    hash.update(bytes)
    return hash.finalize()
  }

  /// The 32 bytes of some bytes' hash.
  public static func hash(_ bytes: Data) -> [UInt8] {
    let hash = SHA256()
    hash.update(bytes)
    return hash.finalize()
  }
}
