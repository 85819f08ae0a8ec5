public import Basics

/// Rows that go into a product: floats, or the same numbers rounded to bf16.
public enum Operand: Sendable {
  /// As they are.
  case floats(Matrix)
  /// Rounded.
  case rounded(BFloatMatrix)

  /// Rows.
  public var rows: Int {
    switch self {
    case .floats(let matrix): matrix.rows
    case .rounded(let matrix): matrix.rows
    }
  }

  /// Columns.
  public var columns: Int {
    switch self {
    case .floats(let matrix): matrix.columns
    case .rounded(let matrix): matrix.columns
    }
  }

  /// A view of some rows.
  public func rows(_ range: Range<Int>) -> Operand {
    switch self {
    case .floats(let matrix): .floats(matrix.rows(range))
    case .rounded(let matrix): .rounded(matrix.rows(range))
    }
  }

  /// A view of some columns.
  public func columns(_ range: Range<Int>) -> Operand {
    switch self {
    case .floats(let matrix): .floats(matrix.columns(range))
    case .rounded(let matrix): .rounded(matrix.columns(range))
    }
  }

  /// The numbers as floats: the matrix itself, or a copy in the workspace.
  public func floats(_ workspace: Workspace) -> Matrix {
    switch self {
    case .floats(let matrix): return matrix
    case .rounded(let numbers):
      let matrix = workspace.matrix(rows: numbers.rows, columns: numbers.columns)
      numbers.widen(into: matrix)
      return matrix
    }
  }

  /// The numbers in bf16: the matrix itself, or a rounded copy in the workspace.
  public func rounded(_ workspace: Workspace) -> BFloatMatrix {
    switch self {
    case .rounded(let numbers): return numbers
    case .floats(let matrix): return workspace.rounded(matrix)
    }
  }

  /// A matrix that its numbers can be computed in as floats: itself, or one in the workspace that `round` rounds.
  public func room(_ workspace: Workspace) -> Matrix {
    switch self {
    case .floats(let matrix): matrix
    case .rounded(let numbers): workspace.matrix(rows: numbers.rows, columns: numbers.columns)
    }
  }

  /// Lets a body read some rows as floats: of the matrix itself, or of scratch that is given back.
  public func read(_ range: Range<Int>, _ workspace: Workspace, _ body: (Matrix) -> Void) {
    let mark = workspace.mark
    body(rows(range).floats(workspace))
    workspace.release(to: mark)
  }

  /// Rounds some rows of the matrix that it stands for; where it is floats it is that matrix, and nothing is to be done.
  public func round(_ range: Range<Int>, of matrix: Matrix) {
    if case .rounded(let numbers) = self { numbers.rows(range).round(matrix.rows(range)) }
  }

  /// Lets a body write some rows: into the matrix itself, or into scratch that is rounded while it is still in the cache.
  public func fill(_ range: Range<Int>, _ workspace: Workspace, _ body: (Matrix) -> Void) {
    switch self {
    case .floats(let matrix): body(matrix.rows(range))
    case .rounded(let numbers):
      let mark = workspace.mark
      let scratch = workspace.matrix(rows: range.count, columns: numbers.columns)
      body(scratch)
      numbers.rows(range).round(scratch)
      workspace.release(to: mark)
    }
  }
}

extension Workspace {
  /// Room for what a product of some precision reads.
  public func operand(_ rows: Int, _ columns: Int, _ precision: Precision) -> Operand {
    switch precision {
    case .float32: .floats(matrix(rows: rows, columns: columns))
    case .bfloat16: .rounded(bfloats(rows: rows, columns: columns))
    }
  }

  /// A matrix as products of some precision read it: itself, or a rounded copy.
  public func operand(of matrix: Matrix, _ precision: Precision) -> Operand {
    switch precision {
    case .float32: .floats(matrix)
    case .bfloat16: .rounded(rounded(matrix))
    }
  }
}
