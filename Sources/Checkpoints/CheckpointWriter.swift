internal import Basics
internal import LinearAlgebra

/// Writes a checkpoint whose layout is known: any block of any tensor, by any thread, in any order.
///
/// Equal numbers give equal files, whatever the order. A folder that was not finished must not be used.
public final class CheckpointWriter: Sendable {
  /// Where everything goes.
  public let layout: CheckpointLayout
  private let files: [PlannedFile]
  private let folder: String

  /// Makes the files, with their headers.
  ///
  /// - Throws: a `Diagnostic` where the folder cannot be written.
  public init(_ layout: CheckpointLayout, folder: String) throws {
    self.layout = layout
    self.folder = folder
    var files: [PlannedFile] = []
    for shard in layout.shards {
      let file = try PlannedFile(path: folder + "/" + shard.name, count: shard.bytes)
      try file.write(shard.header.span, at: 0)
      files.append(file)
    }
    self.files = files
  }

  /// Writes bytes of a tensor, from its byte `offset` on.
  public func write(_ bytes: Span<UInt8>, tensor: Int, at offset: Int) throws {
    let place = layout.places[tensor]
    precondition(offset >= 0 && offset + bytes.count <= layout.tensors[tensor].bytes, "past the tensor's end")
    try files[place.shard].write(bytes, at: place.offset + offset)
  }

  /// Says that a tensor is written in full.
  public func finish(tensor: Int) {
    let place = layout.places[tensor]
    files[place.shard].beginFlush(place.offset..<place.offset + layout.tensors[tensor].bytes)
  }

  /// Writes the index of several shards and returns when all is on the disk.
  public func finish() throws {
    for file in files { try file.flush() }
    if files.count > 1 {
      let index = try layout.index()
      try AtomicFile.write(folder + "/" + CheckpointLayout.indexName) { try $0.append(index) }
    }
  }
}
