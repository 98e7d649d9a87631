import de.bwaldvogel.mongo.MongoCollection;
import de.bwaldvogel.mongo.MongoDatabase;
import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.backend.CollectionOptions;
import de.bwaldvogel.mongo.backend.CursorRegistry;
import de.bwaldvogel.mongo.backend.DocumentWithPosition;
import de.bwaldvogel.mongo.backend.EmptyIndex;
import de.bwaldvogel.mongo.backend.Index;
import de.bwaldvogel.mongo.backend.QueryResult;
import de.bwaldvogel.mongo.backend.Utils;
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import de.bwaldvogel.mongo.backend.h2.H2Collection;
import de.bwaldvogel.mongo.backend.h2.H2Database;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.bson.ObjectId;
import de.bwaldvogel.mongo.wire.message.MongoMessage;
import de.bwaldvogel.mongo.wire.message.MongoQuery;
import io.netty.channel.Channel;
import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.stream.Stream;
import org.h2.mvstore.Cursor;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.MVStoreTool;

/**
 * OpenHIM's store on a training box: the MongoDB wire protocol over one H2 MVStore file.
 * Arguments: file, address, port. Not for production: one worker, no secondary indexes, no TTL.
 * Whoever may open the socket FILE.save gets a copy of the file as it is after some whole operation.
 * With `--check FILE` the file is read through and nothing is served.
 */
public final class MongoH2 {
  private static final long COMPACT_FROM = 1 << 20; // bytes; smaller files are not worth the time
  private static volatile boolean ending; // systemd asked for it

  /** The store's operations, one at a time with the beginning of a copy. */
  private static final class Backend extends H2Backend {
    private Backend(MVStore store) {
      super(store);
    }

    @Override
    protected MongoDatabase openOrCreateDatabase(String name) {
      return new Database(name, getCursorRegistry());
    }

    private final class Database extends H2Database {
      private Database(String name, CursorRegistry cursors) {
        super(name, getMvStore(), cursors);
      }

      @Override
      protected MongoCollection<Object> openOrCreateCollection(String name, CollectionOptions options) {
        String full = getFullCollectionNamespace(name);
        return new Records(this, name, options, getMvStore().openMap("databases." + full),
            getMvStore().openMap("meta." + full), cursorRegistry); // the names that H2Database gives them
      }
    }

    @Override
    public synchronized Document handleCommand(Channel channel, String database, String command, Document query) {
      return super.handleCommand(channel, database, command, query);
    }

    @Override
    public synchronized QueryResult handleQuery(MongoQuery query) {
      return super.handleQuery(query);
    }

    @Override
    public synchronized Document handleMessage(MongoMessage message) {
      return super.handleMessage(message);
    }
  }

  /**
   * A sorted query with a limit. The original sorts every document that matches in memory, bodies and all: 20,000
   * messages of 13 kB end the process. This one holds skip + limit documents, walks from the newest key to the
   * oldest, and stops where nothing better can come: a message's key (ObjectId) begins with the second of its request.
   */
  private static final class Records extends H2Collection {
    private static final String TIME = "request.timestamp";
    private static final long SLACK = 600; // seconds between a key's time and its message's, at most
    private static final int HELD_MAX = 4000; // documents; beyond that as the original does
    private final MVMap<Object, Document> data;
    private boolean nothingToIndex;

    private Records(MongoDatabase database, String name, CollectionOptions options, MVMap<Object, Document> data,
        MVMap<String, Object> meta, CursorRegistry cursors) {
      super(database, name, options, data, meta, cursors);
      this.data = data;
    }

    @Override
    protected QueryResult matchDocuments(Document query, Document order, int skip, int limit, int batch, Document fields) {
      long held = (long) Math.max(skip, 0) + Math.abs((long) limit);
      Comparator<Document> comparator = limit == 0 || held > HELD_MAX ? null : deriveComparator(order);
      if (comparator == null || order.containsKey("$natural")) {
        return super.matchDocuments(query, order, skip, limit, batch, fields);
      }
      if (order.size() == 1 && Integer.valueOf(1).equals(order.get("_id"))) {
        List<Document> first = oldest(query, (int) held);
        return first == null ? super.matchDocuments(query, order, skip, limit, batch, fields)
            : matchDocumentsFromStream(first.stream(), query, order, skip, limit, batch, fields);
      }
      boolean byTime = order.size() == 1 && Integer.valueOf(-1).equals(order.get(TIME));
      PriorityQueue<Document> best = new PriorityQueue<>((int) held, comparator.reversed());
      for (Cursor<Object, Document> at = data.cursor(byTime ? newest(query) : null, null, true); at.hasNext();) {
        Object key = at.next();
        if (byTime && nothingBetter(key, query, best.size() < held ? null : best.peek())) {
          break;
        }
        Document document = at.getValue();
        if (!documentMatchesQuery(document, query)) {
          continue;
        }
        best.add(document);
        if (best.size() > held) {
          best.poll();
        }
      }
      return matchDocumentsFromStream(best.stream(), query, order, skip, limit, batch, fields);
    }

    /**
     * A secondary index, which the original does not have, is an EmptyIndex, and for each of them it reads every
     * document twice: with 20,000 messages that was a minute at each start, before the port was open.
     */
    @Override
    public void addIndex(Index<Object> index) {
      nothingToIndex = index instanceof EmptyIndex;
      try {
        super.addIndex(index);
      } finally {
        nothingToIndex = false;
      }
    }

    @Override
    protected Stream<DocumentWithPosition<Object>> streamAllDocumentsWithPosition() {
      return nothingToIndex ? Stream.empty() : super.streamAllDocumentsWithPosition();
    }

    /** The first that match in the order of their keys; null when a key among them is no ObjectId. */
    private List<Document> oldest(Document query, int most) {
      List<Document> found = new ArrayList<>();
      for (Cursor<Object, Document> at = data.cursor(null); found.size() < most && at.hasNext();) {
        if (!(at.next() instanceof ObjectId)) {
          return null;
        }
        if (documentMatchesQuery(at.getValue(), query)) {
          found.add(at.getValue());
        }
      }
      return found;
    }

    private static Object bound(Document query, String operator) {
      return query.get(TIME) instanceof Document ? ((Document) query.get(TIME)).get(operator) : null;
    }

    /** The key to begin with: null is the last one. */
    private static Object newest(Document query) {
      if (!(bound(query, "$lte") instanceof Instant)) {
        return null;
      }
      long second = Math.min(((Instant) bound(query, "$lte")).getEpochSecond() + SLACK, 0xffffffffL);
      return new ObjectId(ByteBuffer.allocate(12).putInt((int) second).putLong(-1).array());
    }

    /** Neither a key of this time nor an older one can belong to a message behind `worst`, or in the query's window. */
    private static boolean nothingBetter(Object key, Document query, Document worst) {
      if (!(key instanceof ObjectId)) {
        return false;
      }
      long latest = Integer.toUnsignedLong(ByteBuffer.wrap(((ObjectId) key).toByteArray()).getInt()) + SLACK;
      Object since = bound(query, "$gte");
      Object kept = worst == null ? null : Utils.getSubdocumentValue(worst, TIME);
      return since instanceof Instant && latest < ((Instant) since).getEpochSecond()
          || kept instanceof Instant && latest < ((Instant) kept).getEpochSecond();
    }
  }

  public static void main(String[] arguments) throws Exception {
    if (arguments[0].equals("--check")) {
      check(arguments[1]);
      return;
    }
    String file = arguments[0];
    InetSocketAddress address = new InetSocketAddress(arguments[1], Integer.parseInt(arguments[2]));
    compact(file);
    MVStore store = new MVStore.Builder().fileName(file).compress()
        .autoCompactFillRate(60).autoCommitBufferSize(4096).open();
    store.setAutoCommitDelay(500); // milliseconds: what a power cut can lose
    Backend backend = new Backend(store);
    MongoServer server = new MongoServer(backend);
    // One worker: the server hands out live documents; with more threads the encoder races with updates.
    server.bind(address, 1, 1);
    serveCopies(backend, store, Path.of(file));
    Runtime.getRuntime().addShutdownHook(new Thread(() -> {
      ending = true;
      server.shutdown();
    }));
    ready();
    watch(store);
  }

  /**
   * A store that could not write (a full disk, a card that is torn out) closes itself and answers nothing any more:
   * the process ends, and systemd starts it again until it can.
   */
  private static void watch(MVStore store) throws InterruptedException {
    while (!store.isClosed() || ending) {
      Thread.sleep(1000);
    }
    System.err.println("the store closed itself: it could not write (is the storage full?)");
    Runtime.getRuntime().halt(1);
  }

  /** Folds dead chunks away before serving. An interrupted run is finished or undone by compactCleanUp. */
  private static void compact(String file) {
    File store = new File(file);
    if (store.length() <= COMPACT_FROM) {
      return;
    }
    MVStoreTool.compactCleanUp(file);
    if (store.getAbsoluteFile().getParentFile().getUsableSpace() < 2 * store.length() + COMPACT_FROM) {
      return; // it is written anew beside the old one
    }
    long before = new File(file).length();
    MVStoreTool.compact(file, true);
    System.out.println("compacted " + before + " to " + new File(file).length() + " bytes");
  }

  /** Opens the file as it is served and reads every page of it. */
  private static void check(String file) {
    long entries = 0;
    try (MVStore store = new MVStore.Builder().fileName(file).readOnly().open()) {
      for (String name : store.getMapNames()) {
        for (Iterator<Object> keys = store.openMap(name).keyIterator(null); keys.hasNext(); keys.next()) {
          entries++;
        }
      }
    }
    System.err.println(entries + " entries");
  }

  private static void serveCopies(Backend backend, MVStore store, Path file) throws IOException {
    Path socket = Path.of(file + ".save");
    Files.deleteIfExists(socket); // of a run that was killed; the directory is the user's own
    ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(socket));
    Thread thread = new Thread(() -> {
      while (true) {
        try (SocketChannel client = server.accept()) {
          copy(backend, store, file, client);
        } catch (IOException | RuntimeException problem) {
          System.err.println("a copy of the store was not finished: " + problem);
        }
      }
    }, "copies");
    thread.setDaemon(true);
    thread.start();
  }

  /**
   * The length, a newline, the bytes. H2's online backup: while space is not reused, the store only appends, and
   * what the file held at the commit stays. The first two blocks, which point to the newest chunk, are rewritten in
   * place: they are read at the commit, and nothing behind it is sent, so the copy is the store after that commit.
   */
  private static void copy(Backend backend, MVStore store, Path file, SocketChannel client) throws IOException {
    ByteBuffer start = ByteBuffer.allocate(2 * 4096);
    long[] length = new long[1];
    try (FileChannel from = FileChannel.open(file, StandardOpenOption.READ)) {
      synchronized (backend) {
        store.setReuseSpace(false);
        store.commit();
        store.executeFilestoreOperation(() -> {
          try {
            length[0] = from.size();
            while (start.hasRemaining() && from.read(start) > 0) {
              continue;
            }
          } catch (IOException problem) {
            throw new java.io.UncheckedIOException(problem);
          }
        });
      }
      start.flip();
      write(client, ByteBuffer.wrap((length[0] + "\n").getBytes(StandardCharsets.US_ASCII)));
      long at = start.limit();
      write(client, start);
      ByteBuffer block = ByteBuffer.allocate(1 << 16);
      while (at < length[0]) {
        block.clear().limit((int) Math.min(block.capacity(), length[0] - at));
        int got = from.read(block, at);
        if (got <= 0) {
          throw new IOException("the file ended early");
        }
        at += got;
        write(client, block.flip());
      }
    } finally {
      store.setReuseSpace(true);
    }
  }

  private static void write(SocketChannel to, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      to.write(bytes);
    }
  }

  /** Tells systemd that the port is open. Java cannot write to a datagram socket, so systemd-notify does. */
  private static void ready() throws Exception {
    if (System.getenv("NOTIFY_SOCKET") != null) {
      new ProcessBuilder("/usr/bin/systemd-notify", "--ready").inheritIO().start().waitFor();
    }
  }
}
