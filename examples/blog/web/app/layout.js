import Link from 'next/link';

export const metadata = { title: 'The blog' };

export default function Layout({ children }) {
  return (
    <html lang="en">
      <body style={{ maxWidth: '40rem', margin: '2rem auto', padding: '0 1rem', fontFamily: 'system-ui', lineHeight: 1.6 }}>
        <nav>
          <Link href="/">Articles</Link> · <Link href="/categories">Categories</Link>
        </nav>
        <main>{children}</main>
      </body>
    </html>
  );
}
