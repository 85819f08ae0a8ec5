internal import Basics

/// Blocks of memory from which a step takes its matrices in order, so that a step allocates nothing.
///
/// A block that is full is followed by another one. The next round then begins with a single block as large as all that
/// was held at once so far, so that growing rounds cost memory once and equal ones nothing.
/// Not thread-safe: one thread owns it.
public final class Workspace {
  /// A place in the workspace, to give back what was taken after it.
  public struct Mark {
    fileprivate var block = 0
    /// Floats used of that block.
    fileprivate var used = 0
    /// Floats held in all blocks.
    fileprivate var held = 0
  }

  private var blocks: [Storage] = []
  private var current = Mark()
  /// The most floats held at once so far.
  private var most = 0
  private let blockFloats: Int
  private var bfloatProducts: BFloatProducts?

  /// An empty workspace.
  ///
  /// - Parameter blockFloats: Floats of a block; a matrix that is larger gets a block of its own.
  public init(blockFloats: Int = 4 << 20) {
    self.blockFloats = blockFloats
  }

  /// Floats reserved.
  public var capacity: Int { blocks.reduce(0) { $0 + $1.count } }

  /// Floats of the matrices that are out now.
  public var used: Int { current.held }

  /// Takes everything back; matrices taken before must not be used any more.
  public func reset() {
    if blocks.count > 1 {
      // The old blocks go before the new one comes.
      blocks = []
      blocks = [Storage(count: most)]
    }
    current = Mark()
  }

  /// A matrix whose numbers are whatever was there before.
  public func matrix(rows: Int, columns: Int) -> Matrix {
    // Rows of one matrix start on a cache line's border.
    let floats = (rows * columns + 15) / 16 * 16
    while current.block < blocks.count, current.used + floats > blocks[current.block].count {
      current.block += 1
      current.used = 0
    }
    if current.block == blocks.count { blocks.append(Storage(count: max(blockFloats, floats))) }
    defer {
      current.used += floats
      current.held += floats
      most = max(most, current.held)
    }
    return Matrix(
      storage: blocks[current.block], offset: current.used, rows: rows, columns: columns, stride: columns)
  }

  /// A matrix of bf16 numbers, whatever was there before.
  public func bfloats(rows: Int, columns: Int) -> BFloatMatrix {
    BFloatMatrix(over: matrix(rows: 1, columns: (rows * columns + 1) / 2), rows: rows, columns: columns)
  }

  /// The numbers of a matrix, rounded to bf16.
  public func rounded(_ matrix: Matrix) -> BFloatMatrix {
    let numbers = bfloats(rows: matrix.rows, columns: matrix.columns)
    numbers.round(matrix)
    return numbers
  }

  /// The thread's products in bf16.
  ///
  /// A network reads rounded weights only where the library was found, so it is there.
  public var products: BFloatProducts {
    if let known = bfloatProducts { return known }
    do {
      let made = try BFloatProducts(OneDNN.shared.get())
      bfloatProducts = made
      return made
    } catch {
      preconditionFailure("there are no products in bf16: \(error)")
    }
  }

  /// Where the next matrix will start; `release(to:)` gives back what was taken since.
  public var mark: Mark { current }

  /// Gives back the matrices taken since a mark.
  public func release(to mark: Mark) {
    precondition(
      (mark.block, mark.used) <= (current.block, current.used),
      "a mark at \(mark) lies behind \(current)")
    current = mark
  }

  /// A matrix of zeros.
  public func zeros(rows: Int, columns: Int) -> Matrix {
    let matrix = matrix(rows: rows, columns: columns)
    matrix.fill(0)
    return matrix
  }
}
